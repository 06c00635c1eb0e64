"""Features, rule, model, evaluation and priority: pure, without I/O or framework."""
