"""Learners, which compute gradients, updates and logits: the native encoder, or the Hugging Face module."""
