"""Where a face is photographed: place, light, background, camera."""
