"""What computes gradients and logits: the native encoder, or the Hugging Face module."""
