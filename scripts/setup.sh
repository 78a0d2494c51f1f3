# shellcheck shell=bash disable=SC2154
# What must be installed before Motley builds? Sourced by run.sh, test.sh and setup_arm64.sh, which
# have set `root`. Installs only what is missing, so that a second call costs a fraction of a second.

packages=(
  build-essential cmake ninja-build ccache git ca-certificates
  libbenchmark-dev libboost-dev libcli11-dev libfmt-dev libgtest-dev libhwy-dev nlohmann-json3-dev
  libsimdjson-dev zlib1g-dev libsqlite3-dev opencl-c-headers ocl-icd-libopencl1 pocl-opencl-icd
)
# Other people's kernels to compare ours with: without them Motley builds all the same.
peers=(libdnnl-dev libclblast-dev)
# What draws a report's charts, and what tests open it in; by program, as other sources have them too.
drawing=(node:nodejs npm:npm chromium:chromium)

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
stop() { say "$*"; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# The packages among "$@" that are not installed, one a line.
missing_packages() {
  local package installed
  # dpkg-query fails when it does not know one of them: that is an answer here, no error.
  installed=" $({ dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true; } |
    awk '$1 == "installed" { printf "%s ", $2 }')"
  for package in "$@"; do
    case "$installed" in *" $package "*) ;; *) echo "$package" ;; esac
  done
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    return
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    stop "${missing[*]} not installed (only root may, and there is no sudo)." \
      "Ask for: apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  as_root apt-get update -qq </dev/null ||
    say "apt-get update failed; trying with the package lists that are there"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" </dev/null >&2 ||
    stop "apt-get could not install ${missing[*]} (Motley does not build without)." \
      "Read its message above."
}

# download_packages FOLDER PACKAGE...: unpacks packages into FOLDER without installing them. Options
# of apt-get may stand in the array `apt_options`.
download_packages() {
  local folder=$1
  shift
  rm -rf "$folder.new"
  mkdir -p "$folder.new/archives"
  (cd "$folder.new/archives" &&
    apt-get "${apt_options[@]}" -o APT::Sandbox::User=root download -qq "$@" </dev/null >&2) || return 1
  local archive
  for archive in "$folder.new"/archives/*.deb; do
    dpkg-deb -x "$archive" "$folder.new" || return 1
  done
  rm -rf "$folder.new/archives" "$folder"
  mv "$folder.new" "$folder"
}

# valijson is a few headers, but its Debian package depends on every JSON library it can read from,
# Qt among them: 300 MB. Its files alone are enough.
get_valijson() {
  local folder=$root/build/packages
  apt_options=()
  if [ -d "$folder/usr/share/cmake/valijson" ] || [ -d /usr/share/cmake/valijson ]; then
    return
  fi
  download_packages "$folder" libvalijson-dev ||
    { as_root apt-get update -qq </dev/null && download_packages "$folder" libvalijson-dev; } ||
    say "libvalijson-dev could not be downloaded; CMake will fetch valijson's source instead"
}

get_drawing() {
  local one wanted=()
  for one in "${drawing[@]}"; do
    command -v "${one%%:*}" >/dev/null || wanted+=("${one#*:}")
  done
  if [ ${#wanted[@]} -gt 0 ]; then
    (install_packages "${wanted[@]}") || say "going on without ${wanted[*]}: reports lack their charts"
  fi
}

# Of these packages, those that are known here; without them things are left out.
get_optional() {
  local package missing known=()
  mapfile -t missing < <(missing_packages "$@")
  for package in "${missing[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then
      known+=("$package")
    fi
  done
  if [ ${#known[@]} -gt 0 ]; then
    (install_packages "${known[@]}") || say "going on without ${known[*]}"
  fi
}

without_apt() {
  local tool missing=()
  for tool in git cmake ninja c++; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    stop "this system has no apt-get and lacks ${missing[*]} (needed to build). Install git," \
      "CMake >= 3.25, Ninja and a C++20 compiler (GCC 12, Clang 14 or later), and for OpenCL an ICD" \
      "loader and a driver such as PoCL; the libraries are fetched if CMake does not find them."
  fi
  say "no apt-get here: using the tools that are there; OpenCL needs an ICD loader and a driver"
}

setup() {
  if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    install_packages "${packages[@]}"
    get_optional "${peers[@]}"
    get_drawing
    get_valijson
  else
    without_apt
  fi
  local version
  version=$(cmake --version | sed -n 's/^cmake version \([0-9.]*\).*/\1/p')
  if [ "$(printf '%s\n' 3.25 "$version" | sort -V | head -n 1)" != 3.25 ]; then
    stop "CMake $version is here, and Motley's presets need 3.25. Put a newer one first in PATH."
  fi
}

# build PRESET TARGET...: configures once; Ninja does it again when a CMake file changed.
build() {
  local preset=$1
  shift
  if [ ! -f "$root/build/$preset/build.ninja" ]; then
    (cd "$root" && cmake --preset "$preset") >&2 || return 1
  fi
  cmake --build "$root/build/$preset" --target "$@" >&2
}
