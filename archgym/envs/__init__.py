"""Gymnasium environments over a problem; `import archgym` registers their ids."""
