"""The gRPC service. Reads the snapshot and the event log, nothing else."""
