"""The outside world of a worker: S3 and MongoDB. Foreign exceptions become ours here."""
