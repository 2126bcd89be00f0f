#!/usr/bin/env bash
# Writes the C file that takes a file into a program as it is, so that the build sees it change.
#   scripts/embed-file.sh FILE OUTPUT.c SYMBOL        (in C: extern const char SYMBOL[]; extern const uint64_t SYMBOL_size)
set -euo pipefail

cat >"$2" <<C
__asm__(".section .rodata\n"
	".global $3, $3_size\n"
	"$3:\n"
	".incbin \"$(realpath "$1")\"\n"
	"1:\n"
	".balign 8\n"
	"$3_size:\n"
	".quad 1b - $3\n"
	".previous\n");
C
