"""What the user, the controller and the workers agree on: models of the resources and plain data. No I/O is done here."""
