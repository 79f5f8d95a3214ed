// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles a job as Flamenco's Manager does, with what of its globals our job type uses.
// Arguments: the script of the job type. Input: {"settings": {...}}, or {} to ask for the job type alone.
// Output: JSON: {"jobType": ..., "tasks": [...]}; what the script throws goes to standard error.

const fs = require("fs");
const vm = require("vm");

class Task {
    constructor(name, type) {
        if (typeof name !== "string" || !name.trim()) throw new Error("a task needs a name");
        if (typeof type !== "string" || !type.trim()) throw new Error("a task needs a type");
        this.name = name.trim();
        this.type = type.trim();
        this.commands = [];
        this.dependencies = [];
    }

    addCommand(command) {
        if (!(command instanceof Command)) throw new Error("that is no command");
        this.commands.push(command);
    }

    addDependency(task) {
        if (!(task instanceof Task)) throw new Error("that is no task");
        this.dependencies.push(task);
    }
}

class Command {
    constructor(name, parameters) {
        this.name = name;
        this.parameters = parameters;
    }
}

class Job {
    constructor(settings) {
        this.settings = settings;
        this.tasks = [];
    }

    // The Manager takes a task as it is now: what is added to it later is lost.
    addTask(task) {
        const dependencies = task.dependencies.map((needed) => needed.name);
        this.tasks.push(JSON.parse(JSON.stringify({ ...task, dependencies })));
    }
}

// The Manager splits as a shell does; of its rules, these are spaces and quotes.
function shellSplit(text) {
    const words = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) || [];
    return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, a, b) => a ?? b));
}

const context = vm.createContext({
    author: { Task: (name, type) => new Task(name, type), Command: (name, values) => new Command(name, values) },
    shellSplit,
});
const [script] = process.argv.slice(2);
vm.runInContext(`"use strict"; ${fs.readFileSync(script, "utf8")}`, context, { filename: script });
const { settings } = JSON.parse(fs.readFileSync(0, "utf8"));
const job = new Job(settings);
if (settings) vm.runInContext("compileJob", context)(job);
console.log(JSON.stringify({ jobType: vm.runInContext("JOB_TYPE", context), tasks: job.tasks }));
