//! Ways to keep the host waiting.

use std::time::Duration;

/// Does it, if `misbehave` is one of them.
pub(crate) fn hang(misbehave: &str) {
    match misbehave {
        "sleep" => sleep(),
        "stop" => {
            crate::exits::raise_signal(19);
            sleep();
        }
        "loop" => loop {
            std::hint::spin_loop();
        },
        _ => {}
    }
}

/// Does nothing for longer than anybody waits.
pub(crate) fn sleep() {
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}
