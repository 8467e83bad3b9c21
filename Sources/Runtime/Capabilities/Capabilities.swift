// Capabilities
