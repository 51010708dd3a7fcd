"""What is known of the texts of a pile without any model: their words, near copies, and which are alike."""
