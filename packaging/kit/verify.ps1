# Verifies this folder on Windows: every file is the one that was packed, and none was added. With openssl on the PATH the
# signature too. Usage: powershell -ExecutionPolicy Bypass -File verify.ps1 [PUBLIC_KEY.pem]
# Name the public key that you got on another way than this folder: a key that lies in it proves nothing.
param([string]$Key = "")
$ErrorActionPreference = "Stop"
Set-Location $PSScriptRoot
function Fail([string]$Sentence) { Write-Output "FAILED: $Sentence"; exit 1 }

$listed = @{}
foreach ($line in Get-Content SHA256SUMS -Encoding UTF8) {
  $hash, $path = $line -split "  ", 2
  $listed[$path] = $hash
}
foreach ($path in $listed.Keys) {
  if (-not (Test-Path -LiteralPath $path)) { Fail "$path is missing." }
  $found = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash.ToLower()
  if ($found -ne $listed[$path]) { Fail "$path is not the file that was packed." }
}
$root = (Get-Location).Path.Length + 1
foreach ($file in Get-ChildItem -Recurse -File) {
  $path = $file.FullName.Substring($root).Replace("\", "/")
  if ($path -in "SHA256SUMS", "SHA256SUMS.sig") { continue }
  if (-not $listed.ContainsKey($path)) { Fail "$path was not packed." }
}
Write-Output "Every file is as it was packed."

if (-not (Test-Path SHA256SUMS.sig)) {
  if ($Key -ne "") { Fail "this folder is not signed." }
  Write-Output "This folder is not signed: nothing tells who packed it."
  exit 0
}
if (-not (Get-Command openssl -ErrorAction SilentlyContinue)) {
  Write-Output "The signature was not checked: Windows has no tool for Ed25519. Install openssl, or check it elsewhere."
  exit 0
}
$own = $Key -eq ""
if ($own) { $Key = "signing-key.pub.pem" }
openssl pkeyutl -verify -pubin -inkey $Key -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig | Out-Null
if ($LASTEXITCODE -ne 0) { Fail "the signature is not of this key." }
Write-Output "Signed with the key $Key."
