# SPDX-License-Identifier: GPL-3.0-or-later
"""Try."""
from desktop import Desktop

def test_try(studio: Desktop) -> None:
    import time
    name = studio.ask("add_sound", "/share/speech.wav", 1, 1, 0)
    time.sleep(1)
    print(studio.ask("strips"))
    print(studio.ask("places"))
    studio.shot("rest")
    t=time.time()
    studio.click_button("lipreel.generate")
    print("find", time.time()-t)
    studio.shot("clicked")
    studio.wait_for_frames(60)
    studio.shot("running")
    t=time.time()
    print(studio.wait_for_job(), time.time()-t)
    studio.ask("go_to", 46)
    time.sleep(1)
    studio.shot("done")
    print(studio.ask("strips")[1]["elements"][-2:], studio.ask("picture_place"))
    studio.quit()
    print(studio.log())
