"""Where files arrive, on disk or in S3, with every version of each."""
