package mooring.app;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.UnixChannel;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A listening socket's way to be asked for no more connections before it closes.
///
/// Closing a socket resets what waits in its queue, also where others listen on the same port. A
/// filter in front of it drops the first packet of every later connection instead: handshakes that
/// have begun come to their end and are taken, and whoever comes now sends that packet again a
/// second later, to a socket that is still there.
final class NewConnections {

    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;

    private static final int INSTRUCTION_BYTES = 8;

    /// `struct sock_fprog` of a 64-bit Linux: a length, padding and an address.
    private static final int PROGRAM_BYTES = 16;

    private static final int POINTER_AT = 8;
    private static final RawUnixChannelOption ATTACH =
            new RawUnixChannelOption(
                    "SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, PROGRAM_BYTES);

    private static final Logger LOG = LoggerFactory.getLogger(NewConnections.class);

    private NewConnections() {}

    /// @return whether the kernel does so; other systems than Linux do not
    static boolean drop(Channel listener) {
        if (!(listener instanceof UnixChannel)
                || !System.getProperty("os.name", "").equals("Linux")) {
            return false;
        }
        ByteBuffer filter = filter();
        ByteBuffer program =
                ByteBuffer.allocateDirect(PROGRAM_BYTES).order(ByteOrder.nativeOrder());
        program.putShort(0, (short) (filter.remaining() / INSTRUCTION_BYTES));
        program.putLong(POINTER_AT, MemorySegment.ofBuffer(filter).address());
        try {
            return listener.config().setOption(ATTACH, program);
        } catch (ChannelException e) {
            LOG.warn("drain: new connections cannot be held back: {}", e.toString());
            return false;
        } finally {
            Reference.reachabilityFence(filter);
        }
    }

    /// Classic BPF over the TCP header: nothing of a packet with SYN and without ACK, all of
    /// others.
    private static ByteBuffer filter() {
        ByteBuffer code =
                ByteBuffer.allocateDirect(5 * INSTRUCTION_BYTES).order(ByteOrder.nativeOrder());
        instruction(code, 0x30, 0, 0, 13); // the byte with the flags
        instruction(code, 0x54, 0, 0, 0x12); // of them SYN and ACK
        instruction(code, 0x15, 0, 1, 0x02); // SYN alone?
        instruction(code, 0x06, 0, 0, 0);
        instruction(code, 0x06, 0, 0, -1);
        return code.flip();
    }

    private static void instruction(ByteBuffer code, int operation, int yes, int no, int value) {
        code.putShort((short) operation).put((byte) yes).put((byte) no).putInt(value);
    }
}
