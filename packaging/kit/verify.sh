#!/bin/sh
# Verifies this folder: that every file is the one that was packed, that none was added, and who packed it.
# Needs sha256sum (or shasum) and openssl. Usage: sh verify.sh [PUBLIC_KEY.pem]
# Name the public key that you got on another way than this folder: a key that lies in it proves nothing.
cd "$(dirname "$0")" || exit 2
sum="sha256sum"
command -v sha256sum >/dev/null 2>&1 || sum="shasum -a 256"

$sum --check --quiet --strict SHA256SUMS || { echo "FAILED: a file is missing or is not the one that was packed."; exit 1; }
listed=$(sed 's/^[0-9a-f]*  //' SHA256SUMS | sort)
here=$(find . -type f ! -name SHA256SUMS ! -name SHA256SUMS.sig | sed 's,^\./,,' | sort)
[ "$listed" = "$here" ] || { echo "FAILED: there are files here that were not packed."; exit 1; }
echo "Every file is as it was packed."

key=${1:-signing-key.pub.pem}
if [ ! -f SHA256SUMS.sig ]; then
  if [ -n "$1" ]; then echo "FAILED: this folder is not signed."; exit 1; fi
  echo "This folder is not signed: nothing tells who packed it."
  exit 0
fi
openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig >/dev/null 2>&1 ||
  { echo "FAILED: the signature is not of this key."; exit 1; }
echo "Signed with the key $key; its fingerprint (SHA-256) is"
openssl pkey -pubin -in "$key" -outform DER | openssl dgst -sha256 | sed 's/^.*= */  /'
[ -n "$1" ] || echo "Compare the fingerprint with the one that you were told."
