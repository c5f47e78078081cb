# Verifies this folder on Windows: every file is the one that was packed, nothing was added, and who packed it.
# Usage: powershell -ExecutionPolicy Bypass -File verify.ps1 [PUBLIC_KEY.pem]
# Name the public key that you got on another way than this folder: a key that lies in it proves nothing.
# Needs Windows 10 or later and nothing else. Ends with 0 when all is well, 1 when something is wrong (FAILED), 2 when it
# could not be checked here (CANNOT CHECK), which says nothing about the folder.
param([string]$Key = "")
function Fail([string]$Sentence) { Write-Output "FAILED: $Sentence"; exit 1 }
function Cannot([string]$Sentence) { Write-Output "CANNOT CHECK: $Sentence"; exit 2 }
$ErrorActionPreference = "Stop"
trap { Cannot $_.Exception.Message }

# Relative to where the person stands, not to this folder.
$own = $Key -eq ""
if (-not $own) {
  if (-not (Test-Path -LiteralPath $Key -PathType Leaf)) { Cannot "there is no key $Key." }
  $Key = (Resolve-Path -LiteralPath $Key).ProviderPath
}
$root = $PSScriptRoot
Set-Location -LiteralPath $root
$list = Join-Path $root "SHA256SUMS"
$signature = Join-Path $root "SHA256SUMS.sig"
if (-not (Test-Path -LiteralPath $list)) { Fail "the list of files, SHA256SUMS, is missing." }

$listed = @{}
foreach ($line in Get-Content -LiteralPath $list -Encoding UTF8) { $listed[$line.Substring(66)] = $line.Substring(0, 64) }
foreach ($path in $listed.Keys) {
  if (-not (Test-Path -LiteralPath $path -PathType Leaf)) { Fail "$path is missing." }
  if ((Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash -ne $listed[$path]) {
    Fail "$path is not the file that was packed."
  }
}
# -Force: hidden and system files too.
foreach ($entry in Get-ChildItem -LiteralPath $root -Recurse -Force) {
  $path = $entry.FullName.Substring($root.Length).TrimStart("\", "/").Replace("\", "/")
  if ($entry.Attributes -band [IO.FileAttributes]::ReparsePoint) { Fail "$path is a link, and was not packed." }
  if ($entry.PSIsContainer -or $path -in "SHA256SUMS", "SHA256SUMS.sig") { continue }
  if (-not $listed.ContainsKey($path)) { Fail "$path was not packed." }
}
Write-Output "Every file is as it was packed."

if (-not (Test-Path -LiteralPath $signature)) {
  if (-not $own) { Fail "this folder is not signed." }
  Write-Output "This folder is not signed: nothing tells who packed it."
  exit 0
}
if ($own) { $Key = Join-Path $root "signing-key.pub.pem" }
$base64 = (Get-Content -LiteralPath $Key | Where-Object { $_ -notmatch "-----" }) -join ""
$der = [Convert]::FromBase64String($base64)
# Windows PowerShell reads no PEM. A public RSA key of 3072 bits is always these 33 bytes, 384 of modulus, and the exponent 65537.
$before = "308201A2300D06092A864886F70D01010105000382018F003082018A0282018100"
$after = "0203010001"
$hex = [BitConverter]::ToString($der).Replace("-", "")
if ($der.Length -ne 422 -or -not $hex.StartsWith($before) -or -not $hex.EndsWith($after)) {
  Cannot "the signature: $Key is no public RSA key of 3072 bits in PEM."
}
$numbers = New-Object System.Security.Cryptography.RSAParameters
$numbers.Modulus = [byte[]]$der[33..416]
$numbers.Exponent = [byte[]](1, 0, 1)
$rsa = [System.Security.Cryptography.RSA]::Create()
$rsa.ImportParameters($numbers)
$sha256 = [System.Security.Cryptography.HashAlgorithmName]::SHA256
$padding = [System.Security.Cryptography.RSASignaturePadding]::Pkcs1
$isSigned = $rsa.VerifyData([IO.File]::ReadAllBytes($list), [IO.File]::ReadAllBytes($signature), $sha256, $padding)
if (-not $isSigned) { Fail "the signature is not of the key $Key." }
$digest = [System.Security.Cryptography.SHA256]::Create().ComputeHash($der)
Write-Output "Signed with the key $Key; its fingerprint (SHA-256) is"
Write-Output ([BitConverter]::ToString($digest).Replace("-", "").ToLower())
if ($own) { Write-Output "Compare the fingerprint with the one that you were told: this key came with the folder." }
