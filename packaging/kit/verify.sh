#!/bin/sh
# Verifies this folder: every file is the one that was packed, nothing was added, and who packed it.
# Usage: sh verify.sh [PUBLIC_KEY.pem]
# Name the public key that you got on another way than this folder: a key that lies in it proves nothing.
# Needs sha256sum, shasum or openssl, and openssl for the signature. Ends with 0 when all is well, 1 when something is
# wrong (FAILED), 2 when it could not be checked here (CANNOT CHECK), which says nothing about the folder.
fail() { echo "FAILED: $1"; exit 1; }
cannot() { echo "CANNOT CHECK: $1"; exit 2; }
has() { command -v "$1" >/dev/null 2>&1; }

# Relative to where the person stands, not to this folder.
key=${1:-}
case $key in '' | /*) ;; *) key=$PWD/$key ;; esac
[ -z "$key" ] || [ -r "$key" ] || cannot "there is no readable key $key."
cd "$(dirname "$0")" || cannot "this folder cannot be entered."

if has sha256sum; then sum="sha256sum"
elif has shasum; then sum="shasum -a 256"
elif has openssl; then sum="openssl dgst -sha256 -r"
else cannot "this computer has neither sha256sum nor shasum nor openssl."; fi

[ -f SHA256SUMS ] || fail "the list of files, SHA256SUMS, is missing."
odd=$(find . ! -type f ! -type d)
[ -z "$odd" ] || fail "this is a link or no plain file, and was not packed:
$odd"
while IFS= read -r line || [ -n "$line" ]; do
  path=${line#*  }
  [ -f "$path" ] || fail "$path is missing."
  found=$($sum <"$path") || cannot "$path cannot be read."
  [ "${found%% *}" = "${line%%  *}" ] || fail "$path is not the file that was packed."
done <SHA256SUMS
added=$(find . -type f | sed 's,^\./,,' | grep -v -x -e SHA256SUMS -e SHA256SUMS.sig | while IFS= read -r path; do
  cut -c 67- SHA256SUMS | grep -q -x -F -e "$path" || echo "$path"
done)
[ -z "$added" ] || fail "this was not packed:
$added"
echo "Every file is as it was packed."

if [ ! -f SHA256SUMS.sig ]; then
  [ -z "$key" ] || fail "this folder is not signed."
  echo "This folder is not signed: nothing tells who packed it."
  exit 0
fi
has openssl || cannot "the signature, for want of openssl. Install it, or check this folder on another computer."
own=no
[ -n "$key" ] || { own=yes; key=signing-key.pub.pem; }
openssl rsa -pubin -in "$key" -noout >/dev/null 2>&1 || cannot "the signature: $key is no RSA public key in PEM."
openssl dgst -sha256 -verify "$key" -signature SHA256SUMS.sig SHA256SUMS >/dev/null 2>&1 ||
  fail "the signature is not of the key $key."
echo "Signed with the key $key; its fingerprint (SHA-256) is"
openssl rsa -pubin -in "$key" -outform DER 2>/dev/null | openssl dgst -sha256 -r | cut -c 1-64
[ "$own" = no ] || echo "Compare the fingerprint with the one that you were told: this key came with the folder."
