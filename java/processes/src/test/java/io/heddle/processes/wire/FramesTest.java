package io.heddle.processes.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames as one piece of bytes. */
class FramesTest {
    private static final int MOST = 1024;

    private static FrameOutput frame(int number) {
        return new FrameOutput(FrameType.INFO).putInt(number).putString("text " + number);
    }

    private static int number(FrameInput frame) throws ProtocolException {
        assertThat(frame.type()).isEqualTo(FrameType.INFO);
        int number = frame.getInt();
        assertThat(frame.getText()).isEqualTo("text " + number);
        assertThat(frame.remaining()).isZero();
        return number;
    }

    @Test
    void whatIsJoinedComesApartInOrder() throws Exception {
        List<FrameInput> frames = Frames.split(Frames.join(MOST, frame(1), frame(2), frame(3)), MOST);
        assertThat(frames).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(number(frames.get(i))).isEqualTo(i + 1);
        }
        assertThat(Frames.join(MOST)).isEmpty();
        assertThat(Frames.split(new byte[0], MOST)).isEmpty();
    }

    @Test
    void piecesPutTogetherAreAPiece() throws Exception {
        byte[] first = Frames.join(MOST, frame(1));
        byte[] second = Frames.join(MOST, frame(2), new FrameOutput(FrameType.EXIT));
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        List<FrameInput> frames = Frames.split(both, MOST);
        assertThat(frames).hasSize(3);
        assertThat(number(frames.get(1))).isEqualTo(2);
        assertThat(frames.get(2).type()).isEqualTo(FrameType.EXIT);
    }

    @Test
    void aFrameThatIsTooLargeIsNotJoined() {
        FrameOutput large = new FrameOutput(FrameType.INFO);
        large.write(new byte[MOST], 0, MOST);
        assertThatThrownBy(() -> Frames.join(MOST, frame(1), large))
                .isInstanceOf(FrameTooLargeException.class)
                .hasMessageContaining("1024");
        FrameOutput fits = new FrameOutput(FrameType.INFO);
        fits.write(new byte[MOST - 1], 0, MOST - 1);
        assertThat(Frames.join(MOST, fits)).hasSize(Integer.BYTES + MOST);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, MOST + 1, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aLengthOutOfBoundsIsRefused(int length) {
        byte[] piece = {(byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length, 1, 2, 3};
        assertThatThrownBy(() -> Frames.split(piece, MOST)).isInstanceOf(ProtocolException.class);
    }

    @Test
    void whatIsCutOffOrUnknownIsRefused() throws Exception {
        byte[] piece = Frames.join(MOST, frame(1), frame(2));
        int first = Frames.join(MOST, frame(1)).length;
        for (int length = 1; length < piece.length; length++) {
            if (length != first) {
                byte[] cut = Arrays.copyOf(piece, length);
                assertThatThrownBy(() -> Frames.split(cut, MOST)).isInstanceOf(ProtocolException.class);
            }
        }
        assertThatThrownBy(() -> Frames.split(new byte[] {0, 0, 0, 1, -1}, MOST))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("unknown type -1");
    }
}
