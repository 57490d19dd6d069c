"""The command line for people who look at runs in a cluster: `orgport status`, `describe` and `render`."""
