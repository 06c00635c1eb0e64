"""What the inspections service says and takes: the record of places, visits and findings."""
