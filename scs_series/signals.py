"""Public signals. All are sent after the transaction has committed, with ``sender`` the model class.

===================  ==============================================================  ===================
signal               arguments                                                       sent when
===================  ==============================================================  ===================
part_published       part, by                                                        a part was set to go public
part_unpublished     part, by                                                        a part became a draft again
part_revised         part, revision, by                                              a part's text was saved
thread_started       thread, post, by                                                a thread began
thread_changed       thread, by, change ("edited", "pinned", "unpinned", "locked",   a thread's state changed
                     "unlocked", "hidden", "unhidden", "accepted",
                     "unaccepted", "resolved", "reopened")
post_created         post, by                                                        a post was written (opening posts too)
post_edited          post, by                                                        a post's text changed
post_hidden          post, by, reason                                                a post was hidden
post_unhidden        post, by                                                        a hidden post was shown again
post_withdrawn       post, by, reason                                                an author took a post back
post_restored        post, by                                                        a withdrawn post was brought back
source_added         source, by                                                      a source entered a series
source_changed       source, by                                                      a source's record changed
member_erased        member                                                          a member's account was closed for good
===================  ==============================================================  ===================

``by`` is the Member who acted. A part that goes public by its time sends nothing at that moment: nothing runs
then; ``part_published`` is sent when the time is set.
"""

from django.dispatch import Signal

part_published = Signal()
part_unpublished = Signal()
part_revised = Signal()
thread_started = Signal()
thread_changed = Signal()
post_created = Signal()
post_edited = Signal()
post_hidden = Signal()
post_unhidden = Signal()
post_withdrawn = Signal()
post_restored = Signal()
source_added = Signal()
source_changed = Signal()
member_erased = Signal()
