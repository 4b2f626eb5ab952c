# shellcheck shell=bash
# Sourced by run.sh and test.sh: installs missing Debian packages, configures and builds the release preset.

# known PACKAGE...: those that this distribution has, as far as its lists have been fetched.
known() {
  local package
  for package in "$@"; do
    if apt-cache show "$package" >/dev/null 2>&1; then echo "$package"; fi
  done
}

# What a distribution does not have is left out: whatever needs it says so, or is left out itself.
install_packages() {
  local wanted missing available as_root=()
  mapfile -t wanted < <(grep -vE '^\s*(#|$)' packages.txt)
  mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort))
  [[ ${#missing[@]} -eq 0 ]] && return
  [[ -n $(known g++) && -z $(known "${missing[@]}") ]] && return
  echo "Installing: ${missing[*]}"
  if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing Debian packages, and neither root nor sudo to install them: ${missing[*]}" >&2
      exit 2
    fi
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  mapfile -t available < <(known "${missing[@]}")
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${available[@]}" >/dev/null
}

# set_up TARGET: installs, configures and builds (`bitbalance`, or `all`: the tests too). Quick when there is nothing to do.
set_up() {
  install_packages
  if [[ ! -f build/release/build.ninja ]]; then
    echo "Building: about 10 minutes on two cores, the first time" >&2
    cmake --preset release >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
    rm build-configure.log
  fi
  local quiet=(--quiet)
  [[ -t 1 ]] && quiet=()  # someone watches: the steps
  cmake --build --preset release --target "$1" -- "${quiet[@]}"
}
