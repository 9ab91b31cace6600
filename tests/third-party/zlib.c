// Compresses and restores several kinds of data at every level; prints sizes and checksums.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SIZE 300000u

static void fill(unsigned char *data, int kind) {
    unsigned state = 12345;
    for (unsigned i = 0; i < SIZE; i++) {
        state = state * 1103515245u + 12345u;
        if (kind == 0) data[i] = 0;
        else if (kind == 1) data[i] = (unsigned char)(state >> 16);
        else if (kind == 2) data[i] = (unsigned char)("the quick brown fox jumps over "[(state >> 16) % 31]);
        else data[i] = (unsigned char)(i * i >> 7);
    }
}

int main(int argc, char **argv) {
    unsigned char *data = malloc(SIZE), *packed = malloc(2 * SIZE), *back = malloc(SIZE);
    int failures = 0;
    char path[4096];
    snprintf(path, sizeof path, "%s/test.gz", argc > 1 ? argv[1] : ".");
    printf("zlib %s\n", zlibVersion());
    for (int kind = 0; kind < 4; kind++) {
        fill(data, kind);
        printf("kind %d crc %08lx adler %08lx\n", kind, crc32(0, data, SIZE), adler32(1, data, SIZE));
        for (int level = 0; level <= 9; level++) {
            for (int strategy = 0; strategy <= 4; strategy++) {
                z_stream stream;
                memset(&stream, 0, sizeof stream);
                if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16 * (level & 1), 8, strategy) != Z_OK) failures++;
                stream.next_in = data, stream.avail_in = SIZE, stream.next_out = packed, stream.avail_out = 2 * SIZE;
                if (deflate(&stream, Z_FINISH) != Z_STREAM_END) failures++;
                unsigned long size = stream.total_out;
                deflateEnd(&stream);
                memset(&stream, 0, sizeof stream);
                if (inflateInit2(&stream, 15 + 32) != Z_OK) failures++;
                stream.next_in = packed, stream.avail_in = size, stream.next_out = back, stream.avail_out = SIZE;
                if (inflate(&stream, Z_FINISH) != Z_STREAM_END || memcmp(data, back, SIZE)) failures++;
                inflateEnd(&stream);
                printf("kind %d level %d strategy %d size %lu crc %08lx\n", kind, level, strategy, size,
                       crc32(0, packed, size));
            }
        }
    }
    gzFile file = gzopen(path, "wb6");
    printf("gzwrite %d\n", file ? gzwrite(file, data, SIZE) : -1);
    if (file) gzclose(file);
    file = gzopen(path, "rb");
    memset(back, 0, SIZE);
    int got = file ? gzread(file, back, SIZE) : -1;
    printf("gzread %d same %d\n", got, !memcmp(data, back, SIZE));
    if (file) gzclose(file);
    printf("failures %d\n", failures);
    return failures != 0;
}
