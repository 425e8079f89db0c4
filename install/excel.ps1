# Puts optmargin into Excel on Windows, from nothing: finds Python 3.11 or later, makes .venv, installs the locked requirements
# and optmargin into it, builds the add-in, and looks the whole over. Safe to run again. From the folder of the project:
#
#     powershell -ExecutionPolicy Bypass -File install\excel.ps1
#     powershell -ExecutionPolicy Bypass -File install\excel.ps1 -Python C:\Python312\python.exe
#
# Works with the PowerShell 5.1 of Windows. Uses the network for pip only.
param([string]$Python = $env:OPTMARGIN_PYTHON)

$ErrorActionPreference = 'Stop'
$Root = Split-Path -Parent $PSScriptRoot
$Venv = Join-Path $Root '.venv'
$VenvPython = Join-Path $Venv 'Scripts\python.exe'
$Optmargin = Join-Path $Venv 'Scripts\optmargin.exe'

# what a window was set up with must not leak into the environment that is made here
Remove-Item Env:PYTHONHOME, Env:PYTHONPATH -ErrorAction SilentlyContinue
$env:PYTHONNOUSERSITE = '1'
$env:PIP_DISABLE_PIP_VERSION_CHECK = '1'

function Invoke-Step([string]$Failing, [string]$Program, [string[]]$Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) {
        Write-Host "Stopped: $Failing See above."
        exit 1
    }
}

function Find-Python {
    # prints the path of a fit Python; that of the Microsoft Store isn't one, since Excel can't start it
    $Ask = 'import sys; fit = sys.version_info >= (3, 11) and ''windowsapps'' not in sys.executable.lower(); print(sys.executable if fit else '''')'
    $Candidates = @(@('py', '-3'), @('python'), @('python3'))
    if ($Python) { $Candidates = @(, @($Python)) }
    foreach ($Candidate in $Candidates) {
        $Program = Get-Command $Candidate[0] -ErrorAction SilentlyContinue
        if (-not $Program -or $Program.Source -like '*WindowsApps\python*') { continue }
        $Found = & $Program.Source @($Candidate | Select-Object -Skip 1) -c $Ask
        if ($LASTEXITCODE -eq 0 -and $Found) { return $Found }
    }
    return $null
}

if (-not (Test-Path $VenvPython)) {
    $Fit = Find-Python
    if (-not $Fit) {
        Write-Host 'Python 3.11 or later is needed and was not found. Get it from python.org (not from the Microsoft Store),'
        Write-Host 'then run this again, or name it: install\excel.ps1 -Python C:\...\python.exe'
        exit 1
    }
    Write-Host "making .venv with $Fit ..."
    Invoke-Step 'the virtual environment was not made.' $Fit @('-m', 'venv', $Venv)
}

Write-Host 'installing the locked requirements ...'
Invoke-Step 'pip could not install the requirements.' $VenvPython @(
    '-m', 'pip', 'install', '--quiet', '--require-hashes',
    '-r', (Join-Path $PSScriptRoot 'requirements.txt'), '-r', (Join-Path $PSScriptRoot 'requirements-build.txt'))
Invoke-Step 'pip could not install optmargin.' $VenvPython @(
    '-m', 'pip', 'install', '--quiet', '--no-index', '--no-deps', '--no-build-isolation', '-e', $Root)

Invoke-Step 'the add-in was not installed.' $Optmargin @('install', 'excel')
Write-Host ''
Invoke-Step 'something is wrong with the add-in.' $Optmargin @('doctor', 'excel')
