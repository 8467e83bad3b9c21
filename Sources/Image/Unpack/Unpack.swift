// Unpack
