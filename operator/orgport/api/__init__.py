"""What the user, the controller and the workers agree on: models of the resources, plain data. No I/O."""
