# SPDX-License-Identifier: Apache-2.0
# config-linux.md#huge-page-limits
load cgroup

require_pages() {
  require_controller hugetlb
  [ -d "/sys/kernel/mm/hugepages/hugepages-$1kB" ] || skip "missing: huge pages of $1 kB"
}

@test "a limit holds for pages in use and for reserved ones" {
  require_pages 2048
  becomes_limited '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}' \
    hugetlb.2MB.max 4194304 hugetlb.2MB.rsvd.max 4194304
}

@test "each size has its limit" {
  require_pages 2048
  require_pages 1048576
  becomes_limited '{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152},
    {"pageSize": "1GB", "limit": 1073741824}]}' \
    hugetlb.2MB.max 2097152 hugetlb.1GB.max 1073741824 hugetlb.1GB.rsvd.max 1073741824
}

@test "a limit of 0 allows none" {
  require_pages 2048
  becomes_limited '{"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}' hugetlb.2MB.max 0
}

@test "a size that the processor does not have is refused by name" {
  require_pages 2048
  is_refused '{"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}' 3MB
}
