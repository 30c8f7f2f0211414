package io.heddle.dask;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the sidecar and this program say to each other. The number of fields in 4 bytes, then each with its length in 4 bytes.
 *
 * @param fields the first says what the others are
 */
record Message(List<byte[]> fields) {
    private static final int MOST_FIELDS = 1 << 10;
    private static final int MOST_BYTES = 1 << 30;

    static Message of(String... texts) {
        List<byte[]> fields = new ArrayList<>(texts.length);
        for (String text : texts) {
            fields.add(text.getBytes(StandardCharsets.UTF_8));
        }
        return new Message(fields);
    }

    String kind() {
        return text(0);
    }

    String text(int field) {
        return new String(fields.get(field), StandardCharsets.UTF_8);
    }

    int number(int field) {
        return Integer.parseInt(text(field));
    }

    void write(DataOutputStream out) throws IOException {
        out.writeInt(fields.size());
        for (byte[] field : fields) {
            out.writeInt(field.length);
            out.write(field);
        }
    }

    /**
     * The next one.
     *
     * @throws EOFException at the end
     */
    static Message read(DataInputStream in) throws IOException {
        int count = bounded(in.readInt(), MOST_FIELDS);
        List<byte[]> fields = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = bounded(in.readInt(), MOST_BYTES);
            byte[] field = in.readNBytes(length);
            if (field.length < length) {
                throw new EOFException("the sidecar has ended within a message");
            }
            fields.add(field);
        }
        return new Message(fields);
    }

    private static int bounded(int number, int most) throws IOException {
        if (number < 0 || number > most) {
            throw new IOException(
                    "not a message of the sidecar: it says " + number + " where at most " + most + " are allowed");
        }
        return number;
    }
}
