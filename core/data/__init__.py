"""A run's data: reviews as token ids, their lengths, and the batches they form."""
