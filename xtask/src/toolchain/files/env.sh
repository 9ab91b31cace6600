# Environment of the WarpGrid SDK for Rust: programs for wasm32-wasip2 with the SDK's C library, and crates that
# compile C (through the crates `cc` and `cmake`).
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

# Gives rustc the SDK's standard library when it has none of its own for the target; says why when that cannot be.
_warpgrid_rust() {
    _warpgrid_found=$(rustc --version 2>/dev/null) || return 0
    _warpgrid_folder=$(rustc --print sysroot 2>/dev/null) || return 0
    if [ -d "$_warpgrid_folder/lib/rustlib/wasm32-wasip2/lib" ]; then
        return 0
    fi
    _warpgrid_folder=$WARPGRID_SDK/share/warpgrid/rust
    _warpgrid_wanted=$(cat "$_warpgrid_folder/rustc-version") || return 0
    if [ "$_warpgrid_found" != "$_warpgrid_wanted" ]; then
        echo "env.sh: Rust has no standard library for wasm32-wasip2 here, and the SDK's fits another compiler" >&2
        echo "  yours: $_warpgrid_found" >&2
        echo "  the SDK's: $_warpgrid_wanted" >&2
        echo "hint: run \`rustup target add wasm32-wasip2\`, or take the compiler that the SDK's fits" >&2
        return 0
    fi
    case $WARPGRID_SDK in
        *[[:space:]]*)
            echo "env.sh: the SDK's path holds a blank, which cargo cannot pass on: its Rust library is not used" >&2
            echo "hint: unpack the SDK elsewhere, or run \`rustup target add wasm32-wasip2\`" >&2
            return 0
            ;;
    esac
    case " ${CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS:-} " in
        *" --sysroot=$_warpgrid_folder "*) ;;
        *)
            CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS="${CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS:+$CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS }--sysroot=$_warpgrid_folder"
            export CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS
            ;;
    esac
}

_warpgrid_sdk=$(_warpgrid_find) || _warpgrid_sdk=${WARPGRID_SDK:-}
if [ ! -x "$_warpgrid_sdk/bin/clang" ]; then
    echo "env.sh: cannot tell where the SDK lies" >&2
    echo "hint: set WARPGRID_SDK to the folder of env.sh before you source it" >&2
    unset _warpgrid_sdk
    unset -f _warpgrid_find _warpgrid_rust
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
    # Whatever standard library rustc has, this linker gives it the SDK's C library.
    if [ -x "$WARPGRID_SDK/share/warpgrid/rust/linker" ]; then
        export CARGO_TARGET_WASM32_WASIP2_LINKER="$WARPGRID_SDK/share/warpgrid/rust/linker"
        _warpgrid_rust
    fi
    unset _warpgrid_sdk _warpgrid_target _warpgrid_flags _warpgrid_name
    unset _warpgrid_found _warpgrid_wanted _warpgrid_folder
    unset -f _warpgrid_find _warpgrid_rust
fi
