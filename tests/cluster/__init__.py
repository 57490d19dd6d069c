"""A real one-node Kubernetes on this machine, and the Browsertrix-like installations that tests put on it.

It needs no container registry: Kubernetes, MinIO and FerretDB are compiled from Go modules, the base image is made of
Debian packages. `python -m tests.cluster` lists the verbs.
"""
