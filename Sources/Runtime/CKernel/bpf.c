#include "CKernel.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Always the whole union: kernels 6.17 to 7.1 write past a shorter one in BPF_PROG_QUERY.
static int bpf(int command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int ckernel_bpf_load_device(const void *instructions, unsigned int count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = (unsigned long long)instructions;
  attributes.insn_cnt = count;
  attributes.license = (unsigned long long)"Apache-2.0";
  memcpy(attributes.prog_name, "swrun_devices", sizeof "swrun_devices");
  return bpf(BPF_PROG_LOAD, &attributes);
}

int ckernel_bpf_attach_device(int cgroup, int program, int replaced) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.target_fd = (unsigned)cgroup;
  attributes.attach_bpf_fd = (unsigned)program;
  attributes.attach_type = BPF_CGROUP_DEVICE;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  if (replaced >= 0) {
    attributes.attach_flags |= BPF_F_REPLACE;
    attributes.replace_bpf_fd = (unsigned)replaced;
  }
  return bpf(BPF_PROG_ATTACH, &attributes);
}

int ckernel_bpf_detach_device(int cgroup, int program) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.target_fd = (unsigned)cgroup;
  attributes.attach_bpf_fd = (unsigned)program;
  attributes.attach_type = BPF_CGROUP_DEVICE;
  return bpf(BPF_PROG_DETACH, &attributes);
}

int ckernel_bpf_query_device(int cgroup, unsigned int *ids, unsigned int *count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.query.target_fd = (unsigned)cgroup;
  attributes.query.attach_type = BPF_CGROUP_DEVICE;
  attributes.query.prog_ids = (unsigned long long)ids;
  attributes.query.prog_cnt = *count;
  int result = bpf(BPF_PROG_QUERY, &attributes);
  *count = attributes.query.prog_cnt;
  return result;
}

int ckernel_bpf_open_program(unsigned int id) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_id = id;
  return bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
}
