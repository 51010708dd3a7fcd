"""What a run will compute, decided once for the forecast and for the learner. No torch."""
