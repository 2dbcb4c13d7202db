"""The pages that staff look at on their own machine: the list of editions and the preview."""
