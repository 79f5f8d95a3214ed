// SPDX-License-Identifier: GPL-3.0-or-later
// A job type for Flamenco 3: a talking character from a sound, in chunks of frames on many workers, and its film.
// docs/scripting.md says how to install it.

// Python, for Blender to fill the settings in: the sound of the active strip, or None, and the scene's rate.
// Flamenco evaluates them as soon as the job type is chosen, whatever the scene holds.
const SCENE = "(getattr(C, 'sequencer_scene', None) or C.scene)";
const SOUND = `getattr(getattr(${SCENE}.sequence_editor, 'active_strip', None), 'sound', None)`;
const SAMPLES = `__import__('aud').Sound(str(abspath(${SOUND}.filepath)))`;
const RATE = `${SCENE}.render.fps / ${SCENE}.render.fps_base`;

const JOB_TYPE = {
    label: "Lipreel",
    description: "Make the frames of a talking character from a sound, and a film of them",
    settings: [
        { key: "sound", type: "string", subtype: "file_path", required: true,
          eval: `str(abspath(${SOUND}.filepath)) if ${SOUND} else ''`,
          evalInfo: { showLinkButton: true, description: "The sound of the active strip" },
          description: "The speech, on the shared storage" },
        { key: "frames", type: "int32", required: true, propargs: { min: 1 },
          eval: `int(${SAMPLES}.length / ${SAMPLES}.specs[0] * ${RATE}) if ${SOUND} else 0`,
          evalInfo: { showLinkButton: true, description: "The length of the sound at the scene's rate" },
          description: "Frames of the whole sound. The last chunk goes on to the end: one too few is no harm" },
        // Two decimals: Lipreel takes 29.97 for 30000/1001, and 25.00 for 25.
        { key: "fps", type: "string", required: true, default: "25",
          eval: `format(${RATE}, '.2f')`,
          evalInfo: { showLinkButton: true, description: "The scene's frame rate" },
          description: "Frames a second: 24, 29.97, 30000/1001 ..." },
        { key: "avatar", type: "string", required: true, default: "demo",
          description: "A built-in avatar, or a folder on the shared storage" },
        { key: "out", type: "string", subtype: "dir_path", required: true,
          eval: "str(abspath('//lipreel') / jobname)",
          description: "Folder for the frames, on the shared storage. The same job in it goes on where it was" },
        { key: "chunk_size", type: "int32", required: true, default: 250, propargs: { min: 1 },
          visible: "submission", description: "Frames that a worker makes at a time" },
        { key: "film", type: "bool", default: true, visible: "submission",
          description: "Put the frames and their sound into an .mp4 beside the folder. Needs lipreel[video]" },
        { key: "options", type: "string", default: "", visible: "submission",
          description: "More options of lipreel generate, such as --silence hold --feather 12" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const options = shellSplit(settings.options || "");
    if (settings.film && options.indexOf("--overlay") >= 0) {
        throw "A film has no transparency: switch film off, or leave --overlay out";
    }
    const chunks = authorChunks(settings, options);
    for (const chunk of chunks) {
        job.addTask(chunk);
    }
    if (settings.film) {
        const film = authorFilm(settings);
        for (const chunk of chunks) {
            film.addDependency(chunk);
        }
        job.addTask(film);
    }
}

// All chunks have the same sound, options and folder: their frames are those of one job, byte for byte.
function authorChunks(settings, options) {
    const job = [
        "generate", settings.sound,
        "--avatar", settings.avatar,
        "--fps", settings.fps,
        "--out", settings.out,
    ];
    return slices(settings.frames, settings.chunk_size).map((slice) => {
        // For the workers that render: it is as much work.
        const task = author.Task(`frames-${slice.replace(":", "-")}`, "blender");
        task.addCommand(lipreel([...job, ...options, "--frames", slice]));
        return task;
    });
}

function authorFilm(settings) {
    const task = author.Task("film", "ffmpeg");
    const folder = settings.out.replace(/[\\/]+$/, "");
    task.addCommand(lipreel(["mux", settings.out, settings.sound, `${folder}.mp4`]));
    return task;
}

// {lipreel} is a variable of the Manager's: where the program lies on a worker.
function lipreel(args) {
    return author.Command("exec", { exe: "{lipreel}", args: args });
}

// "1:250", "251:500", "501:": both ends included, and the last one is open.
function slices(frames, size) {
    if (!(frames >= 1 && size >= 1)) {
        throw "Frames and chunk size are at least 1";
    }
    const firsts = [];
    for (let first = 1; first <= frames; first += size) {
        firsts.push(first);
    }
    return firsts.map((first, i) => `${first}:${i + 1 < firsts.length ? first + size - 1 : ""}`);
}
