int ckernel_placeholder(void);
