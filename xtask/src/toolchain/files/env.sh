# Environment of the WarpGrid SDK for Rust crates that compile C (through the crates `cc` and `cmake`).
# Source it from any POSIX shell and any folder:  . /path/to/warpgrid-sdk/env.sh
# WARPGRID_VARIANT=stock before it takes the C library without WarpGrid's changes.
# It adds nothing to PATH and only sets variables of the two wasm targets, so native builds stay as they are.

_warpgrid_find() {
    if [ -n "${BASH_SOURCE:-}" ]; then
        _warpgrid_file=$BASH_SOURCE
    elif [ -n "${ZSH_VERSION:-}" ]; then
        eval '_warpgrid_file=${(%):-%x}'
    else
        # Other shells do not tell a sourced file its name, but keep it open while they read it.
        _warpgrid_file=
        for _warpgrid_open in /proc/$$/fd/*; do
            _warpgrid_open=$(readlink "$_warpgrid_open" 2>/dev/null) || continue
            case $_warpgrid_open in
                */env.sh) [ -x "${_warpgrid_open%/env.sh}/bin/wasm-component-ld" ] && _warpgrid_file=$_warpgrid_open ;;
            esac
        done
    fi
    case $_warpgrid_file in
        */*) _warpgrid_folder=${_warpgrid_file%/*} ;;
        *) _warpgrid_folder=. ;;
    esac
    [ -n "$_warpgrid_file" ] && CDPATH= cd -- "$_warpgrid_folder" >/dev/null 2>&1 && pwd -P
}

_warpgrid_sdk=$(_warpgrid_find) || _warpgrid_sdk=${WARPGRID_SDK:-}
if [ ! -x "$_warpgrid_sdk/bin/clang" ]; then
    echo "env.sh: cannot tell where the SDK lies" >&2
    echo "hint: set WARPGRID_SDK to the folder of env.sh before you source it" >&2
    unset _warpgrid_sdk
    unset -f _warpgrid_find
    false
else
    WARPGRID_SDK=$_warpgrid_sdk
    export WARPGRID_SDK
    for _warpgrid_target in wasm32-wasip1 wasm32-wasip2; do
        # Flags hold no path, so a space in the SDK's own path needs no quoting; the sysroot comes with --target.
        _warpgrid_flags="--target=$_warpgrid_target"
        case ${WARPGRID_VARIANT:-warpgrid} in
            warpgrid) ;;
            *) _warpgrid_flags="--config=$_warpgrid_target-$WARPGRID_VARIANT.cfg" ;;
        esac
        _warpgrid_name=wasm32_${_warpgrid_target#wasm32-}
        export "CC_$_warpgrid_name=$WARPGRID_SDK/bin/clang"
        export "CXX_$_warpgrid_name=$WARPGRID_SDK/bin/clang++"
        export "AR_$_warpgrid_name=$WARPGRID_SDK/bin/llvm-ar"
        export "RANLIB_$_warpgrid_name=$WARPGRID_SDK/bin/llvm-ranlib"
        export "CFLAGS_$_warpgrid_name=$_warpgrid_flags"
        export "CXXFLAGS_$_warpgrid_name=$_warpgrid_flags"
        export "CMAKE_TOOLCHAIN_FILE_$_warpgrid_name=$WARPGRID_SDK/share/warpgrid/cmake/warpgrid-$_warpgrid_target.cmake"
    done
    unset _warpgrid_sdk _warpgrid_target _warpgrid_flags _warpgrid_name
    unset -f _warpgrid_find
fi
