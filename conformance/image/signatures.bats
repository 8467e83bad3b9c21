#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Signatures and the policy: containers-policy.json(5), cosign's simple signing, and skopeo as the judge.

load registry

setup() {
  begin_registry
  require openssl
  serve_registry
  loaded sound
  ok insecure push app:1.0 "$REGISTRY/team/app:1"
  DIGEST=${output##* }
  key mine
  key other
}
teardown() { end_registry; }

# key NAME [OPENSSL-OPTION...]: NAME.pem and NAME.pub; ECDSA unless something else is asked for.
key() {
  local name=$1
  shift
  [ $# -gt 0 ] || set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-256
  openssl genpkey "$@" -out "$name.pem" 2>/dev/null
  openssl pkey -in "$name.pem" -pubout -out "$name.pub" 2>/dev/null
}

# policy REQUIREMENT [SCOPE]: policy.json: it is wanted of the scope, and everything else is rejected.
policy() {
  jq -n --argjson wanted "[$1]" --arg scope "${2-$REGISTRY}" \
    '{default: [{type: "reject"}], transports: {docker: {($scope): $wanted}}}' >policy.json
}

# signed_by KEY [IDENTITY]: the requirement.
signed_by() {
  jq -nc --arg key "$PWD/$1.pub" --argjson identity "${2-null}" \
    '{type: "sigstoreSigned", keyPath: $key} + if $identity then {signedIdentity: $identity} else {} end'
}

pulled() { insecure pull --quiet --policy policy.json "$@"; }

# clean: nothing of the image has come.
clean() { [ ! -e new ] || [ -z "$(find new/blobs -type f -size +1k)" ] || fail "something was fetched"; }

@test "accept, reject, and the narrowest scope" {
  policy '{"type": "insecureAcceptAnything"}'
  ok pulled "$REGISTRY/team/app:1"
  export SWIMG_STORE=$PWD/new
  policy '{"type": "insecureAcceptAnything"}' other.example
  refuses 1 'rejected by the policy' pulled "$REGISTRY/team/app:1"
  clean
  policy '{"type": "reject"}' "$REGISTRY/team"
  jq --arg name "$REGISTRY/team/app:1" '.transports.docker[$name] = [{type: "insecureAcceptAnything"}]' \
    policy.json >both.json
  ok insecure pull --quiet --policy both.json "$REGISTRY/team/app:1"
  refuses 1 'rejected' insecure pull --policy both.json "$REGISTRY/team/app:2"
  # All requirements have to be met.
  policy "$(signed_by mine), {\"type\": \"insecureAcceptAnything\"}"
  refuses 1 'there is none at all' pulled "$REGISTRY/team/app:1"
}

@test "the user's policy.json counts, and one that is not understood lets nothing in" {
  mkdir -p "$HOME/.config/containers"
  policy '{"type": "reject"}'
  cp policy.json "$HOME/.config/containers/policy.json"
  refuses 1 'rejected by the policy' insecure pull "$REGISTRY/team/app:1"
  policy '{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/x"}'
  refuses 1 'signedBy*cannot be checked' pulled "$REGISTRY/team/app:1"
  policy '{"type": "sigstoreSigned", "keyPath": "/x", "rekorPublicKeyPath": "/y"}'
  refuses 1 'rekor*cannot be checked' pulled "$REGISTRY/team/app:1"
  echo '{"default": [{"type": "insecureAcceptAnything"}], "extra": 1}' >policy.json
  refuses 1 'extra: the field is not known' pulled "$REGISTRY/team/app:1"
  refuses 1 'is not there' insecure pull --policy nothing.json "$REGISTRY/team/app:1"
  policy "$(signed_by missing)"
  ok insecure sign --quiet --key mine.pem "$REGISTRY/team/app:1"
  refuses 1 'missing.pub: the key is not there' pulled "$REGISTRY/team/app:1"
}

@test "what swimg signed is let in, and nothing else" {
  export SWIMG_STORE=$PWD/new
  policy "$(signed_by mine)"
  refuses 1 'no signature that the policy accepts: there is none at all' pulled "$REGISTRY/team/app:1"
  clean
  ok insecure sign --key other.pem "$REGISTRY/team/app:1"
  [ "$output" = "$DIGEST" ]
  refuses 1 'another key has made one' pulled "$REGISTRY/team/app:1"
  clean
  ok insecure sign --quiet --key mine.pem "$REGISTRY/team/app:1"
  ok pulled "$REGISTRY/team/app:1"
  ok pulled "$REGISTRY/team/app@$DIGEST"
  # Under another tag the same image is another.
  SWIMG_STORE=$STORE ok insecure push --quiet app:1.0 "$REGISTRY/team/app:2"
  refuses 1 "one is for the name \"$REGISTRY/team/app:1\"" pulled "$REGISTRY/team/app:2"
  policy "$(signed_by mine '{"type": "matchRepository"}')"
  ok pulled "$REGISTRY/team/app:2"
  # In another repository no signature is found, and one that was put there does not fit.
  SWIMG_STORE=$STORE ok insecure push --quiet app:1.0 "$REGISTRY/evil/app:1"
  ok insecure copy --quiet "docker://$REGISTRY/team/app:sha256-${DIGEST#*:}.sig" \
    "docker://$REGISTRY/evil/app:sha256-${DIGEST#*:}.sig"
  refuses 1 'one is for the name' pulled "$REGISTRY/evil/app:1"
}

@test "a signature for one image is none for another" {
  export SWIMG_STORE=$PWD/new
  policy "$(signed_by mine '{"type": "matchRepository"}')"
  ok insecure sign --quiet --key mine.pem "$REGISTRY/team/app:1"
  image user
  SWIMG_STORE=$STORE ok swimg load --quiet --name evil:1 user
  SWIMG_STORE=$STORE ok insecure push evil:1 "$REGISTRY/team/app:1"
  evil=${output##* }
  [ "$evil" != "$DIGEST" ]
  refuses 1 'there is none at all' pulled "$REGISTRY/team/app:1"
  ok insecure copy --quiet "docker://$REGISTRY/team/app:sha256-${DIGEST#*:}.sig" \
    "docker://$REGISTRY/team/app:sha256-${evil#*:}.sig"
  refuses 1 'one is for the digest' pulled "$REGISTRY/team/app:1"
  clean
  ok pulled "$REGISTRY/team/app@$DIGEST"
}

@test "copy and unpack ask the policy as well, and files are asked for as what they are" {
  export SWIMG_STORE=$PWD/new
  policy "$(signed_by mine)"
  refuses 1 'none at all' insecure unpack --policy policy.json "$REGISTRY/team/app:1" bundle
  clean_bundle
  clean
  refuses 1 'none at all' insecure copy --policy policy.json "docker://$REGISTRY/team/app:1" oci:out
  refuses 1 'none at all' insecure copy --policy policy.json "docker://$REGISTRY/team/app:1" \
    "docker://$REGISTRY/x/app:1"
  refuses 1 'rejected by the policy' insecure copy --policy policy.json oci:sound \
    "docker://$REGISTRY/x/app:1"
  jq --arg dir "$(realpath .)" '.transports.oci = {($dir): [{type: "insecureAcceptAnything"}]}' \
    policy.json >files.json
  ok insecure copy --quiet --policy files.json oci:sound "docker://$REGISTRY/x/app:1"
  ok insecure sign --quiet --key mine.pem "$REGISTRY/team/app:1"
  ok insecure unpack --quiet --policy policy.json "$REGISTRY/team/app:1" bundle
  ok insecure copy --quiet --policy policy.json "docker://$REGISTRY/team/app:1" oci:out
}

@test "signatures as referrers, in a registry with a list and in one without" {
  export SWIMG_STORE=$PWD/new
  policy "$(signed_by mine)"
  ok insecure sign --quiet --referrer --key mine.pem "$REGISTRY/team/app:1"
  ok insecure referrers --artifact-type application/vnd.dev.cosign.artifact.sig.v1+json \
    "$REGISTRY/team/app:1"
  [ -n "$output" ]
  ok pulled "$REGISTRY/team/app:1"
  "$PYTHON" "$SERVER" image origin 20480
  serve_faults origin
  policy "$(signed_by mine)" "$FAULTS"
  refuses 1 'none at all' pulled "$FAULTS/refs/app:1"
  ok insecure sign --quiet --referrer --key mine.pem "$FAULTS/refs/app:1"
  ok pulled "$FAULTS/refs/app:1"
}

@test "signatures go along with copy --referrers, and fit where the policy knows the first name" {
  export SWIMG_STORE=$PWD/new
  ok insecure sign --quiet --key mine.pem "$REGISTRY/team/app:1"
  first=$REGISTRY
  serve_registry
  ok insecure copy --quiet --referrers "docker://$first/team/app:1" "docker://$REGISTRY/mirror/app:1"
  policy "$(signed_by mine)"
  refuses 1 'one is for the name' pulled "$REGISTRY/mirror/app:1"
  policy "$(signed_by mine "{\"type\": \"remapIdentity\", \"prefix\": \"$REGISTRY/mirror\",
    \"signedPrefix\": \"$first/team\"}")"
  ok pulled "$REGISTRY/mirror/app:1"
  policy "$(signed_by mine "{\"type\": \"exactRepository\", \"dockerRepository\": \"$first/team/app\"}")"
  ok pulled "$REGISTRY/mirror/app:1"
}

@test "keys: RSA, Ed25519, encrypted, and those that are of no use" {
  export SWIMG_STORE=$PWD/new
  local name
  key rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
  key edwards -algorithm ED25519
  for name in rsa edwards; do
    policy "$(signed_by "$name")"
    refuses 1 'no signature' pulled "$REGISTRY/team/app:1"
    ok insecure sign --quiet --key "$name.pem" "$REGISTRY/team/app:1"
    ok pulled "$REGISTRY/team/app:1"
  done
  openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -in mine.pem -out locked.pem
  refuses 1 'not with this passphrase' insecure sign --key locked.pem "$REGISTRY/team/app:1"
  echo secret >words
  ok insecure sign --quiet --key locked.pem --passphrase-file words "$REGISTRY/team/app:1"
  policy "$(signed_by mine)"
  ok pulled "$REGISTRY/team/app:1"
  key short -algorithm RSA -pkeyopt rsa_keygen_bits:1024
  refuses 1 'too short' insecure sign --key short.pem "$REGISTRY/team/app:1"
  refuses 1 'no private key' insecure sign --key mine.pub "$REGISTRY/team/app:1"
  policy "{\"type\": \"sigstoreSigned\", \"keyData\": \"$(base64 -w0 short.pub)\"}"
  refuses 1 'too short' pulled "$REGISTRY/team/app:1"
  policy "{\"type\": \"sigstoreSigned\", \"keyData\": \"$(base64 -w0 mine.pub)\"}"
  ok pulled "$REGISTRY/team/app:1"
}

@test "openssl verifies what swimg signed, and swimg what was signed with openssl by cosign's rules" {
  require skopeo
  export SWIMG_STORE=$PWD/new
  ok insecure sign --quiet --key mine.pem "$REGISTRY/team/app:1"
  skopeo copy -q --src-tls-verify=false \
    "docker://$REGISTRY/team/app:sha256-${DIGEST#*:}.sig" oci:theirs:sig
  manifest=theirs/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' theirs/index.json)
  [ "$(jq -r '.layers[0].mediaType' "$manifest")" = application/vnd.dev.cosign.simplesigning.v1+json ]
  payload=theirs/blobs/sha256/$(jq -r '.layers[0].digest[7:]' "$manifest")
  jq -r '.layers[0].annotations["dev.cosignproject.cosign/signature"]' "$manifest" |
    base64 -d >signature
  openssl dgst -sha256 -verify mine.pub -signature signature "$payload"
  [ "$(jq -c .critical "$payload")" = "$(jq -nc --arg digest "$DIGEST" --arg name "$REGISTRY/team/app:1" \
    '{identity: {"docker-reference": $name}, image: {"docker-manifest-digest": $digest},
      type: "cosign container image signature"}')" ]
  # The other way around: a payload as cosign writes it, which has no tag in its name.
  jq -nc --arg digest "$DIGEST" --arg name "$REGISTRY/team/app" \
    '{critical: {identity: {"docker-reference": $name}, image: {"docker-manifest-digest": $digest},
      type: "cosign container image signature"}, optional: null}' >payload
  openssl dgst -sha256 -sign other.pem -out signature payload
  by_hand
  policy "$(signed_by other)"
  refuses 1 'one is for the name' pulled "$REGISTRY/team/app:1"
  policy "$(signed_by other '{"type": "matchRepository"}')"
  ok pulled "$REGISTRY/team/app:1"
  # A byte of the payload, and it is nobody's.
  sed -i 's/optional/Optional/' payload
  by_hand
  refuses 1 'another key' pulled "$REGISTRY/team/app:1"
}

# by_hand: puts ./payload with ./signature where cosign does.
by_hand() {
  rm -rf hand
  "$PYTHON" - "$(base64 -w0 signature)" <<'PYTHON'
import hashlib, json, pathlib, sys
blobs = pathlib.Path("hand/blobs/sha256")
blobs.mkdir(parents=True)
def put(data, media_type):
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "size": len(data), "digest": "sha256:" + digest}
layer = put(pathlib.Path("payload").read_bytes(), "application/vnd.dev.cosign.simplesigning.v1+json")
layer["annotations"] = {"dev.cosignproject.cosign/signature": sys.argv[1]}
config = put(json.dumps({"architecture": "", "os": "", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}).encode(),
             "application/vnd.oci.image.config.v1+json")
media_type = "application/vnd.oci.image.manifest.v1+json"
entry = put(json.dumps({"schemaVersion": 2, "mediaType": media_type, "config": config,
                        "layers": [layer]}).encode(), media_type)
pathlib.Path("hand/oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
pathlib.Path("hand/index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
PYTHON
  skopeo copy -q --dest-tls-verify=false oci:hand \
    "docker://$REGISTRY/team/app:sha256-${DIGEST#*:}.sig"
}

# require_sigstore: Debian has built skopeo 1.9 without it. $SKOPEO may be another one.
require_sigstore() {
  : "${SKOPEO:=skopeo}"
  require "$SKOPEO"
}

# sigstore WORD...: skopeo_with_policy has to succeed, if it knows signatures of this kind at all.
sigstore() {
  capture skopeo_with_policy "$@"
  [[ "$err" != *"sigstore disabled"* ]] || skip "missing: a skopeo with sigstore (SKOPEO)"
  [ "$status" -eq 0 ] || fail "exit $status"
}

# skopeo_with_policy WORD...: with our policy, and the configuration that makes it look for signatures.
skopeo_with_policy() {
  mkdir -p registries.d
  printf 'docker:\n  %s:\n    use-sigstore-attachments: true\n' "$REGISTRY" >registries.d/here.yaml
  "$SKOPEO" --policy policy.json --registries.d "$PWD/registries.d" "$@"
}

@test "skopeo lets in what swimg signed" {
  require_sigstore
  policy "$(signed_by mine)"
  rm -rf dir
  capture skopeo_with_policy copy -q --src-tls-verify=false "docker://$REGISTRY/team/app:1" dir:dir
  [ "$status" -ne 0 ] || fail "it was let in without a signature"
  ok insecure sign --quiet --key other.pem "$REGISTRY/team/app:1"
  capture skopeo_with_policy copy -q --src-tls-verify=false "docker://$REGISTRY/team/app:1" dir:dir
  [ "$status" -ne 0 ] || fail "it was let in with another's signature"
  ok insecure sign --quiet --key mine.pem "$REGISTRY/team/app:1"
  # Copying the signature along is what a directory can't.
  sigstore copy -q --remove-signatures --src-tls-verify=false \
    "docker://$REGISTRY/team/app:1" dir:dir
}

@test "swimg lets in what skopeo signed, and both sign the same image" {
  require_sigstore
  export SWIMG_STORE=$PWD/new
  openssl pkcs8 -topk8 -nocrypt -outform DER -in mine.pem -out mine.der
  "$PYTHON" -B "$CONFORMANCE/image/cosign-key.py" mine.der secret >cosign.key
  echo secret >words
  refuses 1 "cosign's own encryption" insecure sign --key cosign.key "$REGISTRY/team/app:1"
  policy '{"type": "insecureAcceptAnything"}'
  sigstore copy -q --src-tls-verify=false --dest-tls-verify=false \
    --sign-by-sigstore-private-key cosign.key --sign-passphrase-file words \
    "docker://$REGISTRY/team/app:1" "docker://$REGISTRY/team/signed:1"
  policy "$(signed_by other)"
  refuses 1 'another key' pulled "$REGISTRY/team/signed:1"
  policy "$(signed_by mine)"
  ok pulled "$REGISTRY/team/signed:1"
  # One more signature beside skopeo's, which both see.
  ok insecure sign --quiet --key other.pem "$REGISTRY/team/signed:1"
  ok pulled "$REGISTRY/team/signed:1"
  sigstore copy -q --remove-signatures --src-tls-verify=false \
    "docker://$REGISTRY/team/signed:1" dir:dir
  policy "$(signed_by other)"
  ok pulled "$REGISTRY/team/signed:1"
}
