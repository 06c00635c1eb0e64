"""What the routing service says and takes: road graphs, travel times and plans."""
