#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is attached to images: distribution-spec, "Listing Referrers" and "Pushing Manifests with Subject".

load registry

setup() {
  begin_registry
  echo '{"SPDXID": "SPDXRef-DOCUMENT"}' >sbom.json
  echo text >notes
}
teardown() { end_registry; }

# attached_and_listed NAME: two attachments of an image, one of them with an attachment of its own.
attached_and_listed() {
  local sbom notes
  ok insecure referrers "$1"
  [ -z "$output" ] || fail "something is attached already"
  ok insecure attach --artifact-type application/spdx+json --annotation made=here "$1" \
    sbom.json:application/spdx+json
  sbom=$output
  ok insecure attach --quiet --artifact-type text/plain "$1" notes
  ok insecure referrers "$1"
  [ "$(wc -l <<<"$output")" -eq 2 ] || fail "not both are listed"
  grep -qx "$sbom application/spdx+json" <<<"$output" || fail "$sbom is not listed"
  ok insecure referrers --artifact-type application/spdx+json --format json "$1"
  [ "$(jq -r '.referrers | length' <<<"$output")" -eq 1 ]
  [ "$(jq -r '.referrers[0].digest' <<<"$output")" = "$sbom" ]
  [ "$(jq -r '.referrers[0].annotations.made' <<<"$output")" = here ]
  notes=${1%:*}@$sbom
  ok insecure attach --artifact-type application/x.of-sbom --annotation about=sbom "$notes"
  ok insecure referrers "$notes"
  [[ "$output" == *" application/x.of-sbom" ]] || fail "the attachment of the attachment"
}

@test "referrers of a registry that lists them itself, page by page" {
  "$PYTHON" "$SERVER" image origin 20480 204800
  serve_faults origin
  attached_and_listed "$FAULTS/refs/app:1"
  # No list of our own is kept beside the registry's.
  [ -z "$(requests '.method == "PUT" and (.path | contains("sha256-"))')" ]
}

@test "referrers of a registry that knows none are kept under a tag" {
  require skopeo
  serve_registry
  loaded sound
  ok insecure push app:1.0 "$REGISTRY/team/app:1"
  digest=${output##*:}
  attached_and_listed "$REGISTRY/team/app:1"
  skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/team/app:sha256-$digest" |
    jq -e '.mediaType == "application/vnd.oci.image.index.v1+json" and (.manifests | length) == 2
      and (.manifests | all(.artifactType != null))' >/dev/null || fail "not what the specification says"
}

@test "an attachment has the bytes, the subject and the title that it should have" {
  require skopeo
  serve_registry
  loaded sound
  ok insecure push app:1.0 "$REGISTRY/team/app:1"
  digest=${output##* }
  ok insecure attach --artifact-type text/x-notes "$REGISTRY/team/app:1" notes
  ok skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/team/app@$output"
  [ "$(jq -r .subject.digest <<<"$output")" = "$digest" ]
  [ "$(jq -r .artifactType <<<"$output")" = text/x-notes ]
  [ "$(jq -r '.layers[0].annotations["org.opencontainers.image.title"]' <<<"$output")" = notes ]
  [ "$(jq -r '.layers[0].digest' <<<"$output")" = "sha256:$(sha256sum <notes | cut -d' ' -f1)" ]
  refuses 1 'is not there' insecure attach --artifact-type a/b "$REGISTRY/team/app:none" notes
  refuses 1 'ENOENT' insecure attach --artifact-type a/b "$REGISTRY/team/app:1" nothing
  refuses 2 'media type' insecure attach --artifact-type b "$REGISTRY/team/app:1" notes
  refuses 2 'nothing is to be attached' insecure attach --artifact-type a/b "$REGISTRY/team/app:1"
}

@test "copy --referrers takes along what is attached, and what is attached to that" {
  serve_registry
  loaded sound
  ok insecure push --quiet app:1.0 "$REGISTRY/team/app:1"
  attached_and_listed "$REGISTRY/team/app:1"
  insecure referrers "$REGISTRY/team/app:1" | sort >before
  source=$REGISTRY
  "$PYTHON" "$SERVER" image origin 20480
  serve_faults origin
  ok insecure copy --quiet "docker://$source/team/app:1" "docker://$FAULTS/refs/app:copied"
  ok insecure referrers "$FAULTS/refs/app:copied"
  [ -z "$output" ] || fail "went along unasked"
  # From a registry that keeps a tag to one that has a list, and back.
  ok insecure copy --quiet --referrers "docker://$source/team/app:1" "docker://$FAULTS/refs/app:copied"
  insecure referrers "$FAULTS/refs/app:copied" | sort >after
  diff before after
  serve_registry
  ok insecure copy --quiet --referrers "docker://$FAULTS/refs/app:copied" "docker://$REGISTRY/back/app:1"
  insecure referrers "$REGISTRY/back/app:1" | sort >after
  diff before after
  sbom=$(sed -n 's, application/spdx+json,,p' after)
  ok insecure referrers "$REGISTRY/back/app@$sbom"
  [[ "$output" == *" application/x.of-sbom" ]] || fail "the attachment of the attachment"
  refuses 1 'at both ends' insecure copy --referrers "docker://$REGISTRY/back/app:1" oci:out
}
