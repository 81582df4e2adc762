"""Where frames come from: photographs on disk, or any camera that OpenCV opens."""
