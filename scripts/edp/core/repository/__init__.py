"""The files of the repository: strict models, how they are read, what must be consistent."""
