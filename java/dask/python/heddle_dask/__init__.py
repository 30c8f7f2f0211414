"""Heddle's side of a Dask cluster: a sidecar of the Java program, and a plugin of each Dask worker."""
