"""The steps of a run: read the task, do it, report. A step knows nothing of Kubernetes but its lease."""
