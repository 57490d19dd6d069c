"""The operator: kopf's handlers trigger, `decide` decides, `apply` acts. The only room that imports kopf."""
