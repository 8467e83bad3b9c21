// BundleConfig
