"""The sync engine: compares listings, copies what lacks, verifies. It talks to S3 through `stores` alone."""
