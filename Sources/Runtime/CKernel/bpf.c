#include "CKernel.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Always the whole union: kernels 6.17 to 7.1 write past a shorter one in BPF_PROG_QUERY.
static int bpf(int command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

// By this name a later process knows our programs from others: at most 15 characters.
static const char name[] = "swrun_devices";

int ckernel_bpf_make_device_table(unsigned int entries) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = BPF_MAP_TYPE_HASH;
  attributes.key_size = 12;
  attributes.value_size = 4;
  attributes.max_entries = entries;
  attributes.map_flags = BPF_F_RDONLY_PROG;
  memcpy(attributes.map_name, name, sizeof name);
  return bpf(BPF_MAP_CREATE, &attributes);
}

int ckernel_bpf_fill_map(int map, const void *keys, const void *values, unsigned int count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.batch.map_fd = (unsigned)map;
  attributes.batch.keys = (unsigned long long)keys;
  attributes.batch.values = (unsigned long long)values;
  attributes.batch.count = count;
  return bpf(BPF_MAP_UPDATE_BATCH, &attributes);
}

int ckernel_bpf_freeze_map(int map) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_fd = (unsigned)map;
  return bpf(BPF_MAP_FREEZE, &attributes);
}

int ckernel_bpf_is_own_program(int program) {
  struct bpf_prog_info info;
  union bpf_attr attributes;
  memset(&info, 0, sizeof info);
  memset(&attributes, 0, sizeof attributes);
  attributes.info.bpf_fd = (unsigned)program;
  attributes.info.info_len = sizeof info;
  attributes.info.info = (unsigned long long)&info;
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) < 0) return -1;
  return strncmp(info.name, name, sizeof info.name) == 0;
}

int ckernel_bpf_load_device(const void *instructions, unsigned int count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = (unsigned long long)instructions;
  attributes.insn_cnt = count;
  attributes.license = (unsigned long long)"Apache-2.0";
  memcpy(attributes.prog_name, name, sizeof name);
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
