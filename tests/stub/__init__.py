"""A stub of an S3 store, for what no real one here produces, and the way to a store on which things go wrong."""
