int ckernel_placeholder(void) { return 0; }
